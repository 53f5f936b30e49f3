/*
 * The hand-over of a guest for the model checker spin: the state machines of migration-protocol.md, section 7.5, on a line that
 * is cut and that delays, doubles, drops, swaps and damages frames, between processes that are killed and lose their leases.
 *
 * Sterna's build searches those tables with a program of its own (HandoverModelTest), which also shows that the guest can
 * always be let run somewhere. It runs this model too where spin and a C compiler are installed, and leaves it out where not;
 * both find the same number of states:
 *
 *     spin -a handover.pml && cc -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m1000000
 *
 * An option whose comment begins with S or D is the row of a table with that state, event and next state; a test compares them.
 */
mtype = { FINISH, LOADED, COMMIT, TAKEN, RUNNING, DAMAGED };
mtype = { S_RUNS, S_STOPPED, S_RELEASED, S_RECLAIMS, S_COMMITTED, S_CONFIRMED, S_UNKNOWN, S_FENCED, S_CLOSED, S_DEAD };
mtype = { D_BUILDS, D_LOADED, D_RUNS, D_FENCED, D_DISCARDED, D_DEAD };
mtype = { NOBODY, SOURCE, DESTINATION, SOMEBODY_ELSE };

mtype source = S_RUNS;
mtype destination = D_BUILDS;
mtype lease = SOURCE;
bool line = true;                    /* what is on it may still arrive when it is cut */
bool owned = false;                  /* whether the destination has owned the guest since the source last ran it */
bool again = false;                  /* whether the source ran it after that without an operator's word */
byte faults = 2;                     /* how many frames may still go wrong */
chan forth = [5] of { mtype };
chan back = [5] of { mtype };
mtype m = DAMAGED;
byte i = 0;

inline empty_(queue) { do :: nempty(queue) -> queue?m :: empty(queue) -> break od; m = DAMAGED }
inline send(queue, message) { if :: line -> queue!message :: else fi }
inline sourceCloses() { line = false; empty_(back) }
inline destinationCloses() { line = false; empty_(forth) }
inline sourceRuns() { again = again || owned; owned = false; source = S_RUNS }
inline rest(queue, count) { i = 0; do :: i < count -> queue?m; queue!m; i++ :: else -> break od; i = 0; m = DAMAGED }

/* What becomes of the first frame on the way; that it is late is that all else may happen first. */
inline tamper(queue) {
    faults--;
    if
    :: queue?m; rest(queue, len(queue))
    :: queue?m; queue!m; queue!m; rest(queue, len(queue) - 2)
    :: queue?m; queue!DAMAGED; rest(queue, len(queue) - 1)
    :: len(queue) > 1 -> i = len(queue) - 2; queue?m; if :: queue?FINISH -> queue!FINISH :: queue?LOADED -> queue!LOADED
        :: queue?COMMIT -> queue!COMMIT :: queue?TAKEN -> queue!TAKEN :: queue?RUNNING -> queue!RUNNING
        :: queue?DAMAGED -> queue!DAMAGED fi; queue!m; rest(queue, len(queue) - 2)
    fi
}

#define AWAITED_BY_SOURCE (source == S_RELEASED && back?[LOADED] || source == S_COMMITTED && back?[TAKEN] \
    || source == S_CONFIRMED && back?[RUNNING])
#define AWAITED_BY_DESTINATION (destination == D_BUILDS && forth?[FINISH] && lease == NOBODY \
    || destination == D_LOADED && forth?[COMMIT])

active proctype World() {
end:
    do
    :: atomic { source == S_RUNS && line -> source = S_STOPPED }               /* S RUNS, pages sent: STOPPED */
    :: atomic { source == S_RUNS && line -> sourceCloses() }                   /* S RUNS, failure: RUNS */
    :: atomic { source == S_RUNS && lease == SOURCE -> lease = SOMEBODY_ELSE; sourceCloses();
        source = S_FENCED }                                                    /* S RUNS, lease lost: FENCED */
    :: atomic { source == S_STOPPED -> lease = NOBODY; send(forth, FINISH);
        source = S_RELEASED }                                                  /* S STOPPED, its turn: RELEASED */
    :: atomic { source == S_STOPPED -> sourceCloses(); sourceRuns() }          /* S STOPPED, failure: RUNS */
    :: atomic { source == S_STOPPED && lease == SOURCE -> lease = SOMEBODY_ELSE; sourceCloses();
        source = S_FENCED }                                                    /* S STOPPED, lease lost: FENCED */
    :: atomic { source == S_RELEASED && back?[LOADED] -> back?LOADED; send(forth, COMMIT);
        source = S_COMMITTED }                                                 /* S RELEASED, LOADED: COMMITTED */
    :: atomic { source == S_RELEASED -> sourceCloses(); source = S_RECLAIMS }  /* S RELEASED, failure: RECLAIMS */
    :: atomic { source == S_RECLAIMS && lease == NOBODY -> lease = SOURCE;
        sourceRuns() }                                                         /* S RECLAIMS, its turn: RUNS */
    :: atomic { source == S_RECLAIMS -> source = S_UNKNOWN }                   /* S RECLAIMS, failure: UNKNOWN */
    :: atomic { source == S_COMMITTED && back?[TAKEN] -> back?TAKEN;
        source = S_CONFIRMED }                                                 /* S COMMITTED, TAKEN: CONFIRMED */
    :: atomic { source == S_COMMITTED -> sourceCloses(); source = S_UNKNOWN }  /* S COMMITTED, failure: UNKNOWN */
    :: atomic { source == S_CONFIRMED && back?[RUNNING] -> back?RUNNING;
        source = S_CLOSED }                                                    /* S CONFIRMED, RUNNING: CLOSED */
    :: atomic { source == S_CONFIRMED -> sourceCloses(); source = S_UNKNOWN }  /* S CONFIRMED, failure: UNKNOWN */
    :: atomic { source == S_UNKNOWN && lease == NOBODY -> lease = SOURCE; owned = false;
        source = S_RUNS }                                                      /* S UNKNOWN, operator: RUNS */
    :: atomic { source == S_FENCED && lease == NOBODY -> lease = SOURCE; owned = false;
        source = S_RUNS }                                                      /* S FENCED, operator: RUNS */

    :: atomic { destination == D_BUILDS && lease == NOBODY && forth?[FINISH] -> forth?FINISH; lease = DESTINATION;
        send(back, LOADED); destination = D_LOADED }                           /* D BUILDS, FINISH: LOADED */
    :: atomic { destination == D_BUILDS -> destinationCloses();
        destination = D_DISCARDED }                                            /* D BUILDS, failure: DISCARDED */
    :: atomic { destination == D_LOADED && forth?[COMMIT] -> forth?COMMIT; send(back, TAKEN); send(back, RUNNING);
        owned = true; destination = D_RUNS }                                   /* D LOADED, COMMIT: RUNS */
    :: atomic { destination == D_LOADED -> lease = NOBODY; destinationCloses();
        destination = D_DISCARDED }                                            /* D LOADED, failure: DISCARDED */
    :: atomic { destination == D_LOADED && lease == DESTINATION -> lease = SOMEBODY_ELSE; destinationCloses();
        destination = D_DISCARDED }                                            /* D LOADED, lease lost: DISCARDED */
    :: atomic { destination == D_RUNS && lease == DESTINATION -> lease = SOMEBODY_ELSE;
        destination = D_FENCED }                                               /* D RUNS, lease lost: FENCED */
    :: atomic { destination == D_FENCED && lease == NOBODY -> lease = DESTINATION; owned = true;
        destination = D_RUNS }                                                 /* D FENCED, operator: RUNS */

    /* A frame that is not awaited is a failure; where that has no row nothing happens. */
    :: atomic { nempty(back) && source != S_DEAD && !AWAITED_BY_SOURCE -> back?m; m = DAMAGED;
        if
        :: source == S_RUNS -> sourceCloses()
        :: source == S_STOPPED -> sourceCloses(); sourceRuns()
        :: source == S_RELEASED -> sourceCloses(); source = S_RECLAIMS
        :: source == S_RECLAIMS || source == S_COMMITTED || source == S_CONFIRMED -> sourceCloses(); source = S_UNKNOWN
        :: else
        fi }
    :: atomic { nempty(forth) && destination != D_DEAD && !AWAITED_BY_DESTINATION -> forth?m; m = DAMAGED;
        if
        :: destination == D_BUILDS -> destinationCloses(); destination = D_DISCARDED
        :: destination == D_LOADED -> lease = NOBODY; destinationCloses(); destination = D_DISCARDED
        :: else
        fi }

    /* Fate: the line, the processes, the cluster. */
    :: atomic { line -> line = false }
    :: atomic { !line && nempty(back) -> rest(back, len(back) - 1); back?m; m = DAMAGED }
    :: atomic { !line && nempty(forth) -> rest(forth, len(forth) - 1); forth?m; m = DAMAGED }
    :: atomic { faults > 0 && nempty(back) -> tamper(back) }
    :: atomic { faults > 0 && nempty(forth) -> tamper(forth) }
    :: atomic { source != S_DEAD -> if :: lease == SOURCE -> lease = NOBODY :: else fi; sourceCloses(); source = S_DEAD }
    :: atomic { destination != D_DEAD -> if :: lease == DESTINATION -> lease = NOBODY :: else fi; destinationCloses();
        destination = D_DEAD }
    :: atomic { lease == NOBODY -> lease = SOMEBODY_ELSE }
    :: atomic { lease == SOMEBODY_ELSE -> lease = NOBODY }
    od
}

active proctype Monitor() {
end:
    atomic {
        (source == S_RUNS && destination == D_RUNS || source == S_RUNS && lease != SOURCE
            || destination == D_RUNS && lease != DESTINATION || again) ->
        assert(false)
    }
}
