/* doctor: looks at everything a person has to have set up, one line each: what, how it is, and the fix.
 * Nothing is changed, and no secret is shown. Exit code 0 when all is well, 1 when something is not, with
 * what lacks a setting that one may do without told as "off". */
#ifndef SLIPWAY_APP_DOCTOR_H
#define SLIPWAY_APP_DOCTOR_H

#include "app/command.h"

int doctor_call(struct call *c);

#endif
