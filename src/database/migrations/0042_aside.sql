-- A copy that a person's act saved beside the reading of its folder ('aside'): what the server told of the folder may end
-- before it, so that its going would never be told. The next reading asks for it.
alter table email_copy drop constraint email_copy_sought_check;
alter table email_copy add constraint email_copy_sought_check check (sought in ('id', 'key', 'aside'));
create index email_copy_aside on email_copy (mailbox_id) where sought = 'aside';
