-- Decisions of one page mostly ask the same rules with the same answers: such a trace is kept once for all of them, and
-- goes with them, being as old as they are.
create table decision_trace (
  trace_id   uuid primary key,
  steps      json not null,
  decided_on timestamptz not null
);
create index decision_trace_expiry on decision_trace (decided_on);
-- one of the two
alter table decision alter column trace drop not null, add column trace_id uuid;

-- One index answers for a message in every mailbox and in one.
alter table decision drop constraint decision_mailbox_id_message_key_outgoing_key;
drop index decision_by_key;
create unique index decision_by_key on decision (message_key, mailbox_id, outgoing);
