-- The key of the hashes by which receipts of erasures name addresses.
create table erasure_key (
  id integer primary key check (id = 1),
  sealed text not null
);
