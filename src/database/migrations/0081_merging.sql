-- What a record that is merged into another is named by (DU-21); few conversations and decisions name one at all.
create index thread_choice_regarding on thread_choice (regarding_id) where regarding_id is not null;
create index decision_suggested on decision (decision_id) where suggestion is not null;
