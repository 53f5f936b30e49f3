/*
 * The hand-over of a guest, for the model checker spin: the state machines of migration-protocol.md, section 7.5, on a line that
 * cuts, delays, duplicates, drops, swaps and damages frames, between processes that are killed and lose their leases.
 *
 * Each option whose comment begins with S or D is the row of a table there with that state, event and next state; a test of
 * core.migration compares them. The build runs a search of its own over those tables (HandoverModelTest), and this model
 * too where spin and a C compiler are installed:
 *
 *     spin -a handover.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan -m100000
 */
mtype = { FINISH, LOADED, COMMIT, TAKEN, RUNNING, DAMAGED };
mtype = { S_RUNS, S_STOPPED, S_RELEASED, S_RECLAIMS, S_COMMITTED, S_CONFIRMED, S_UNKNOWN, S_FENCED, S_CLOSED, S_DEAD };
mtype = { D_BUILDS, D_LOADED, D_UNSURE, D_RUNS, D_FENCED, D_DISCARDED, D_DEAD };
mtype = { NOBODY, SOURCE, DESTINATION, OTHER };

#define LENGTH 4

mtype source = S_RUNS;
mtype destination = D_BUILDS;
mtype lease = SOURCE;
bool line = true;
bool taken = false;                  /* whether the destination has ever owned the guest */
byte faults = 2;                     /* how many frames are still tampered with */
chan forth = [LENGTH] of { mtype };
chan back = [LENGTH] of { mtype };

inline send(line_, message) { if :: line && nfull(line_) -> line_!message :: !line || full(line_) -> skip fi }
inline give(holder) { if :: lease == holder -> lease = NOBODY :: else -> skip fi }

/* What came to an end that has closed the line is never read. */
inline sourceFails() { line = false; do :: back?_ :: empty(back) -> break od }
inline destinationFails() { line = false; do :: forth?_ :: empty(forth) -> break od }

#define S_FAILURE(message) (message != LOADED && source == S_RELEASED || message != TAKEN && source == S_COMMITTED || message != RUNNING && source == S_CONFIRMED || source == S_STOPPED)

proctype Source() {
    mtype message;
end: do
    :: atomic { source == S_RUNS && line -> source = S_STOPPED }                                        /* S RUNS, its turn: STOPPED */
    :: atomic { source == S_RUNS -> give(SOURCE); source = S_FENCED }                                   /* S RUNS, lease lost: FENCED */
    :: atomic { source == S_STOPPED -> give(SOURCE); send(forth, FINISH); source = S_RELEASED }         /* S STOPPED, its turn: RELEASED */
    :: atomic { source == S_STOPPED -> sourceFails(); source = S_RUNS }                                 /* S STOPPED, failure: RUNS */
    :: atomic { source == S_STOPPED -> give(SOURCE); sourceFails(); source = S_FENCED }                 /* S STOPPED, lease lost: FENCED */
    :: atomic { source == S_RELEASED && back?[LOADED] -> back?LOADED; send(forth, COMMIT); source = S_COMMITTED } /* S RELEASED, LOADED: COMMITTED */
    :: atomic { source == S_RELEASED -> sourceFails(); source = S_RECLAIMS }                            /* S RELEASED, failure: RECLAIMS */
    :: atomic { source == S_RECLAIMS && lease == NOBODY -> lease = SOURCE; source = S_RUNS }            /* S RECLAIMS, its turn: RUNS */
    :: atomic { source == S_RECLAIMS -> source = S_UNKNOWN }                                            /* S RECLAIMS, failure: UNKNOWN */
    :: atomic { source == S_COMMITTED && back?[TAKEN] -> back?TAKEN; source = S_CONFIRMED }             /* S COMMITTED, TAKEN: CONFIRMED */
    :: atomic { source == S_COMMITTED -> sourceFails(); source = S_UNKNOWN }                            /* S COMMITTED, failure: UNKNOWN */
    :: atomic { source == S_CONFIRMED && back?[RUNNING] -> back?RUNNING; source = S_CLOSED }            /* S CONFIRMED, RUNNING: CLOSED */
    :: atomic { source == S_CONFIRMED -> sourceFails(); source = S_UNKNOWN }                            /* S CONFIRMED, failure: UNKNOWN */
    :: atomic { source == S_UNKNOWN && lease == NOBODY -> lease = SOURCE; taken = false; source = S_RUNS } /* S UNKNOWN, operator: RUNS */
    :: atomic { source == S_FENCED && lease == NOBODY -> lease = SOURCE; taken = false; source = S_RUNS } /* S FENCED, operator: RUNS */
    :: atomic { back?[message] && nempty(back) -> back?message;
        if
        :: source == S_RELEASED -> sourceFails(); source = S_RECLAIMS
        :: source == S_COMMITTED || source == S_CONFIRMED -> sourceFails(); source = S_UNKNOWN
        :: source == S_STOPPED -> sourceFails(); source = S_RUNS
        :: else -> skip
        fi }
    :: atomic { source != S_DEAD && source != S_CLOSED -> give(SOURCE); sourceFails(); source = S_DEAD }
    od
}
