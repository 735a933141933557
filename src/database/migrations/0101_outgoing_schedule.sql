-- Mailboxes that were enabled for outgoing email before it was carried out get their workload (SC-1). A new database has
-- no mailboxes yet.
do $$
begin
  if to_regclass('mailbox') is null then
    return;
  end if;
  insert into mailbox_schedule (mailbox_id, workload, pool_key, connections, minimum_polling_minutes, next_due)
  select i.mailbox_id, 'outgoing', i.pool_key, i.connections, i.minimum_polling_minutes, i.next_due
  from mailbox_schedule i join mailbox m on m.mailboxid = i.mailbox_id
  where i.workload = 'incoming' and m.enabledforoutgoingemail and m.outgoingemaildeliverymethod = 2 and m.statecode = 0
  on conflict do nothing;
end
$$;
