-- A copy that a listing under way has yet to find again (B-14): by its id, or, when the server gave new ids, by its key.
-- What is not found when the listing ends is gone.
alter table email_copy add column sought text check (sought in ('id', 'key'));
create index email_copy_sought on email_copy (mailbox_id, folder_id) where sought is not null;
-- T-49 asks for untracked copies of a message in any mailbox.
create index email_copy_untracked on email_copy (message_key) where state = 'untracked';
