-- Which state of the record a link knows: no longer the newest version among its parts, but a digest over all of them.
alter table item_link alter column record_version type text using null;
