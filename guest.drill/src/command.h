/* Commands on the serial line, one per line. */
#ifndef COMMAND_H
#define COMMAND_H

/* Runs what has come in, if a whole line has. */
void command_poll(void);

/* Prints the report line. */
void command_report(void);

#endif
