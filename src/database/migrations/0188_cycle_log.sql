-- What the cycles of a mailbox did in detail, while its verbosity is above 0: codes, counts and ids, no contents (MO-84).
create table cycle_log (
  log_id     uuid primary key,
  mailbox_id uuid not null,
  workload   text not null,
  worker     text not null,
  started_on timestamptz not null,
  ended_on   timestamptz not null,
  lines      jsonb not null
);
create index cycle_log_mailbox on cycle_log (mailbox_id, started_on);
create index cycle_log_started on cycle_log using brin (started_on);
