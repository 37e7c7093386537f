"""The dispatcher: every open order has one run that works or waits, and every answer reaches it.

What a run can be, who moves it on, and when; docs/operations.md shows people the same. A shipment
that was split off has a run of its own.

    no run ────▶ Scheduled ────▶ Running ────▶ Completed: the order is Shipped or Cancelled
      ▲            ▲  ▲           │ │ ▲
      │            │  │           │ ▼ │
      │            │  └───────────┼─Suspended at a gate
      │            │              ▼
      │      AwaitingRetry ◀──── silent, Crashed, Failed, Cancelled, or Completed too early
      │
    Deleted                      any of them ────▶ superseded ────▶ Cancelled

    from           to             who         when
    no run         Scheduled      dispatcher  at its next look; no more New orders at once than
                                              PACKLINE_START_AHEAD, and none that is on hold
    Scheduled      Running        worker      as soon as a thread is free; Pending in between
    Running        Completed      worker      the last step is done
    Running        Suspended      worker      a person is asked, or the order is on hold
    Suspended      Running        worker      at once, when a person has answered, has released the
                                              order, or wants it cancelled
    Suspended      Scheduled      person      at once, by the form in Prefect: Resuming
    Suspended      Scheduled      dispatcher  no worker went on for PACKLINE_HANDOVER_SECONDS after
                                              that; 6 times as long while all may be busy: Resuming
    Running        AwaitingRetry  worker      a service outside is away or refuses us: the order is
                                              deferred; Postgres is: due in PACKLINE_AGAIN_SECONDS
    AwaitingRetry  AwaitingRetry  dispatcher  a deferred order is due: its pause is over, or the
                                              outage, or it is the one to probe the service
    AwaitingRetry  Running        worker      when it is due, as Scheduled
    Running        AwaitingRetry  dispatcher  silent: Pending or Running, and no sign of life for
                                              PACKLINE_LOST_AFTER_SECONDS; it is fenced off
    Running        Crashed        Prefect     its process ended
    Running        Failed         worker      a step failed, and time does not heal it; the order
                                              says why: it has a problem
    Failed         AwaitingRetry  person      Retry; or wants the order cancelled, then as Crashed
    Crashed        AwaitingRetry  dispatcher  5 s after it ended; it is fenced off
    Completed      AwaitingRetry  dispatcher  though the order is open, or Failed without a problem:
                                              5 s after it ended; it is fenced off
    any            Cancelled      person      Cancel
    Cancelled      AwaitingRetry  dispatcher  at its next look: the order is to be cancelled, and
                                              the run undoes what was done; what the carrier has
                                              goes on
    Deleted        no run         dispatcher  when its look comes by, 200 open orders at a time; a
                                              person deleted the run, and the order gets another
    any            superseded     worker      another run, started by hand, has taken over the order
    superseded     Cancelled      dispatcher  at its next look

The dispatcher looks at Postgres and at Prefect every PACKLINE_SWEEP_SECONDS, and at once when
somebody hands in an order, does a task or brings stock. It decides by what is true now and never by
what it did before, so doing a round twice does nothing twice. A run that is fenced off may write
nothing more, whoever still works on it. Any number of dispatchers may run; an advisory lock lets
one of them work.

`loop` leads and sweeps, `starts` gives runs to orders, `cases` knows what stands where, `recovery`
does something about it, `reminders` goes on beside it.
"""
