-- sync/outgoing: what sending remembers beside the emails themselves.

-- The counter of tracking tokens that each user was given last (T-52, B-53).
create table token_counter (
  user_id uuid primary key,
  counter integer not null
);

-- Emails that were sent and whose copy in Sent Items is still to be stored or found, and linked, or taken away where none
-- is to be kept (OE-40, OE-41).
create table sent_copy (
  email_id   uuid primary key,
  mailbox_id uuid not null,
  keep       boolean not null,
  attempts   integer not null default 0
);
create index sent_copy_mailbox on sent_copy (mailbox_id);
