-- Whether a folder took changes when it was last looked at: what waited for that is written once it does.
alter table item_folder add column writable boolean not null default true;
