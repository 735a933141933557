-- Answers that people give in the CRM to invitations are asked for and go by the way of letters: asked until the calendar
-- has taken them (or its server has sent them itself), then a letter like any other.
alter table item_letter drop constraint item_letter_state_check;
alter table item_letter add constraint item_letter_state_check
  check (state in ('asked', 'meant', 'due', 'sending', 'sent', 'done', 'uncertain', 'failed'));
alter table item_letter drop constraint item_letter_deed_check;
alter table item_letter add constraint item_letter_deed_check check (deed in ('create', 'update', 'remove', 'answer'));
drop index item_letter_open;
create index item_letter_open on item_letter (mailbox_id) where state in ('asked', 'meant', 'due', 'sending', 'sent');
