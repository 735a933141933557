-- Invitations, answers and cancellations that come by mail, because the server of the calendar takes none.
-- What was acted on is known by a keyed hash of what it says: nothing is done twice, wherever the mail is moved.
create table item_mail (
  mailbox_id uuid not null,
  letter     text not null,
  seen_on    timestamptz not null,
  primary key (mailbox_id, letter)
);
create index item_mail_expiry on item_mail (seen_on);

-- The Inbox, and how far it was read for them.
alter table item_mailbox add column inbox_id text, add column inbox_cursor text;
