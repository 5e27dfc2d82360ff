/* runpod_catalog_data: GPU types and data centers of the account that the stand-in plays.
 *
 * Pools, members and serverless prices are those of spec/runpod.md §6.1 ($/s × 3600, rounded to
 * cents as the catalog gives them); ADA_32_PRO, which that table leaves out, lies between its
 * neighbours. Pod prices are of the right order and serve only the pods' surface. Types without a
 * pool exist for pods alone. */
#include "sim/runpod.h"

#include <string.h>

const struct gpu_type gpu_types[] = {
    {"NVIDIA RTX A4000", "RTX A4000", "AMPERE_16", "NVIDIA", 16, 0.58, 0.25, 0.17},
    {"NVIDIA RTX A4500", "RTX A4500", "AMPERE_16", "NVIDIA", 20, 0.58, 0.25, 0.19},
    {"NVIDIA RTX 4000 Ada Generation", "RTX 4000 Ada", "AMPERE_16", "NVIDIA", 20, 0.58, 0.26, 0.20},
    {"NVIDIA RTX 2000 Ada Generation", "RTX 2000 Ada", "AMPERE_16", "NVIDIA", 16, 0.58, 0.24, 0.18},
    {"NVIDIA L4", "L4", "AMPERE_24", "NVIDIA", 24, 0.68, 0.39, 0.32},
    {"NVIDIA RTX A5000", "RTX A5000", "AMPERE_24", "NVIDIA", 24, 0.68, 0.27, 0.16},
    {"NVIDIA GeForce RTX 3090", "RTX 3090", "AMPERE_24", "NVIDIA", 24, 0.68, 0.46, 0.22},
    {"NVIDIA GeForce RTX 4090", "RTX 4090", "ADA_24", "NVIDIA", 24, 1.12, 0.69, 0.34},
    {"NVIDIA GeForce RTX 5090", "RTX 5090", "ADA_32_PRO", "NVIDIA", 32, 1.58, 0.94, 0.69},
    {"NVIDIA A40", "A40", "AMPERE_48", "NVIDIA", 48, 1.22, 0.40, 0.35},
    {"NVIDIA RTX A6000", "RTX A6000", "AMPERE_48", "NVIDIA", 48, 1.22, 0.49, 0.33},
    {"NVIDIA L40", "L40", "ADA_48_PRO", "NVIDIA", 48, 1.91, 0.99, 0.69},
    {"NVIDIA L40S", "L40S", "ADA_48_PRO", "NVIDIA", 48, 1.91, 0.86, 0.79},
    {"NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada", "ADA_48_PRO", "NVIDIA", 48, 1.91, 0.77,
        0.74},
    {"NVIDIA A100 80GB PCIe", "A100 PCIe", "AMPERE_80", "NVIDIA", 80, 2.74, 1.64, 1.19},
    {"NVIDIA A100-SXM4-80GB", "A100 SXM", "AMPERE_80", "NVIDIA", 80, 2.74, 1.74, 1.39},
    {"NVIDIA H100 PCIe", "H100 PCIe", "ADA_80_PRO", "NVIDIA", 80, 4.18, 2.39, 1.99},
    {"NVIDIA H100 80GB HBM3", "H100 SXM", "ADA_80_PRO", "NVIDIA", 80, 4.18, 2.99, 2.69},
    {"NVIDIA H100 NVL", "H100 NVL", "ADA_80_PRO", "NVIDIA", 94, 4.18, 3.07, 2.59},
    {"NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTX PRO 6000", "BLACKWELL_96", "NVIDIA", 96,
        4.00, 1.84, 1.69},
    {"NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "RTX PRO 6000 WK", "BLACKWELL_96",
        "NVIDIA", 96, 4.00, 2.09, 1.79},
    {"NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "RTX PRO 6000 MaxQ", "BLACKWELL_96",
        "NVIDIA", 96, 4.00, 1.99, 1.69},
    {"NVIDIA H200", "H200 SXM", "HOPPER_141", "NVIDIA", 141, 5.58, 3.99, 3.59},
    {"NVIDIA B200", "B200", "BLACKWELL_180", "NVIDIA", 180, 8.64, 5.98, 5.19},
    {"NVIDIA A30", "A30", NULL, "NVIDIA", 24, 0, 0.35, 0.22},
    {"NVIDIA GeForce RTX 4080", "RTX 4080", NULL, "NVIDIA", 16, 0, 0.50, 0.27},
    {"NVIDIA GeForce RTX 5080", "RTX 5080", NULL, "NVIDIA", 16, 0, 0.59, 0.39},
    {"NVIDIA RTX 5000 Ada Generation", "RTX 5000 Ada", NULL, "NVIDIA", 32, 0, 0.78, 0.49},
    {"NVIDIA H200 NVL", "H200 NVL", NULL, "NVIDIA", 143, 0, 3.79, 3.39},
    {"NVIDIA B300 SXM6 AC", "B300", NULL, "NVIDIA", 288, 0, 7.19, 6.19},
    {"AMD Instinct MI300X OAM", "MI300X", NULL, "AMD", 192, 0, 2.49, 1.99},
    {.id = NULL},
};

const struct data_center data_centers[] = {
    {"US-KS-2", "US-KS-2", "NORTH_AMERICA", "US"},
    {"US-TX-3", "US-TX-3", "NORTH_AMERICA", "US"},
    {"US-GA-2", "US-GA-2", "NORTH_AMERICA", "US"},
    {"US-CA-2", "US-CA-2", "NORTH_AMERICA", "US"},
    {"US-IL-1", "US-IL-1", "NORTH_AMERICA", "US"},
    {"US-NC-1", "US-NC-1", "NORTH_AMERICA", "US"},
    {"US-WA-1", "US-WA-1", "NORTH_AMERICA", "US"},
    {"CA-MTL-1", "CA-MTL-1", "NORTH_AMERICA", "CA"},
    {"CA-MTL-3", "CA-MTL-3", "NORTH_AMERICA", "CA"},
    {"EU-RO-1", "EU-RO-1", "EUROPE", "RO"},
    {"EU-SE-1", "EU-SE-1", "EUROPE", "SE"},
    {"EU-CZ-1", "EU-CZ-1", "EUROPE", "CZ"},
    {"EU-NL-1", "EU-NL-1", "EUROPE", "NL"},
    {"EUR-IS-1", "EUR-IS-1", "EUROPE", "IS"},
    {"EUR-NO-1", "EUR-NO-1", "EUROPE", "NO"},
    {"AP-JP-1", "AP-JP-1", "ASIA", "JP"},
    {"OC-AU-1", "OC-AU-1", "OCEANIA", "AU"},
    {.id = NULL},
};

const char *const cuda_versions[] = {
    "13.0",
    "12.9",
    "12.8",
    "12.7",
    "12.6",
    "12.5",
    "12.4",
    "12.3",
    "12.2",
    "12.1",
    "12.0",
    "11.8",
    NULL,
};

const struct gpu_type *gpu_type_find(const char *id)
{
    for (const struct gpu_type *t = gpu_types; id && t->id; t++)
        if (strcmp(t->id, id) == 0)
            return t;
    return NULL;
}

const char *stock_name(enum stock s)
{
    static const char *const names[] = {"NONE", "LOW", "MEDIUM", "HIGH"};
    return s >= STOCK_NONE && s <= STOCK_HIGH ? names[s] : "NONE";
}
