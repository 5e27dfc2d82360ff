/* The yardstick for how fast the dashboard shows its first screen: the least that a program with
 * ncurses can do. It paints the whole screen, at its present size, with frames and text in a few
 * colours, and ends at the first key. */
#include <curses.h>
#include <locale.h>

enum { COLOURS = 6, BOX_ROWS = 8 };

static void paint_row(int y)
{
    int place = y % BOX_ROWS;
    bool edge = place == 0 || place == BOX_ROWS - 1 || y == LINES - 1;
    attrset(COLOR_PAIR(edge ? COLOURS : 1 + y % (COLOURS - 1)));
    if (edge) {
        mvhline(y, 0, ACS_HLINE, COLS);
        return;
    }
    move(y, 0);
    for (int x = 0; x < COLS; x++)
        addch((chtype)((x + y) % 9 ? 'a' + (x * 7 + y * 3) % 26 : ' '));
    mvaddch(y, 0, ACS_VLINE);
    mvaddch(y, COLS - 1, ACS_VLINE);
}

int main(void)
{
    setlocale(LC_ALL, "");
    if (!initscr())
        return 1;
    raw();
    noecho();
    curs_set(0);
    start_color();
    use_default_colors();
    for (short i = 1; i <= COLOURS; i++)
        init_pair(i, i, -1);
    for (int y = 0; y < LINES; y++)
        paint_row(y);
    refresh();
    getch();
    return endwin() == ERR;
}
