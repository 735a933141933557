-- Pages of work are read in the order in which they have their turn, without sorting all that waits.
drop index item_work_due;
create index item_work_turn on item_work (mailbox_id, attempts, noticed_on, work_id) where not (item_gone or leaving);
create index item_work_leaving on item_work (mailbox_id, noticed_on, work_id) where item_gone or leaving;
