-- Contents of the files that went with what synchronization deleted (B-41): kept as long as the copy, which names them sealed.
create table item_undo_file (
  undo_id      uuid not null references item_undo on delete cascade,
  content_hash text not null,
  primary key (undo_id, content_hash)
);
create index item_undo_file_content on item_undo_file (content_hash);
