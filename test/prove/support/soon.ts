/** A schedule on which the mailboxes of a worker that was killed go on within seconds. */
export const SOON = { leaseMilliseconds: 2_000, pauseMilliseconds: 2_000 }
