-- Whose names the ids of a folder and of its items are (B-4): the kind of connector that listed it.
alter table mailbox_folder add column connector text;
