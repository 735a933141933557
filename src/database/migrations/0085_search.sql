-- The words of records, by which people find them. Filled from the change feed, a little behind it (search_state).

-- One row for what everybody who reads the record may find it by (part ''), and one for each part that fewer may read: a
-- secured column, or the content of an email that is kept to its participants.
create table search_entry (
  recordid  uuid not null,
  part      text not null,
  tablename text not null,
  happened  timestamptz not null,
  words     tsvector not null,
  primary key (recordid, part)
);
-- What is pending in a GIN index is read by every search: entries go in at once. Emails, which are most of all words, lie
-- apart, so that looking for a beginning of a word among people does not read those.
create index search_entry_words_email on search_entry using gin (words) with (fastupdate = off) where tablename = 'email';
create index search_entry_words on search_entry using gin (words) with (fastupdate = off) where tablename <> 'email';
create index search_entry_recent on search_entry (tablename, happened desc, recordid);

-- Words of names, addresses and subjects, with a number for the word and each form of it that lacks one letter: words
-- that share such a number are spelt alike.
create table search_word (
  word text collate "C" primary key,
  keys integer[] not null
);
create index search_word_keys on search_word using gin (keys) with (fastupdate = off);

-- How far the index has read. `listing` names the table whose rows are being read from the beginning, after `listed`.
create table search_state (
  id            integer primary key check (id = 1),
  fingerprint   text not null,
  cursor        text,
  listing       text,
  listed        uuid,
  claimed_until timestamptz
);
insert into search_state (id, fingerprint) values (1, '');
