-- Items that are just being made are few, and are asked for across mailboxes: of meetings that guests' invitations wait for.
create index item_link_making on item_link (mailbox_id) where state = 'creating';
