-- Invitations, their updates and cancellations that go out by mail, because the server of the calendar tells nobody.
-- A row is written with the intention to change the meeting, and stays a while after it was sent: nothing goes twice.
create table item_letter (
  letter_id   uuid primary key,
  mailbox_id  uuid not null,
  -- made of the meeting's key, its sequence and what is told: the same change is told under the same Message-ID
  message_id  text not null,
  -- meant: the calendar may not have taken the change yet; due; sending: the server may have it; sent: not filed yet
  state       text not null check (state in ('meant', 'due', 'sending', 'sent', 'done', 'uncertain', 'failed')),
  deed        text not null check (deed in ('create', 'update', 'remove')),
  folder_id   text,
  item_id     text,
  uid         text,
  -- hash of what attendees see of the meeting once it is changed
  shown       text,
  record_table text not null,
  record_id   uuid not null,
  -- sealed; gone once it is sent and filed
  content     text,
  attempts    integer not null default 0,
  not_before  timestamptz,
  made_on     timestamptz not null,
  unique (mailbox_id, message_id)
);
create index item_letter_open on item_letter (mailbox_id) where state in ('meant', 'due', 'sending', 'sent');
create index item_letter_expiry on item_letter (made_on);
