-- name: begin
insert into audit (user_name, action, subject, address) values (%(user)s, %(action)s, %(subject)s, %(address)s)
returning id;

-- name: end
update audit set outcome = %(outcome)s, detail = %(detail)s where id = %(id)s;

-- name: entries
select id, at, user_name as "user", action, subject, detail, address, outcome from audit
where (%(before)s::bigint is null or id < %(before)s)
  and (%(text)s = '' or user_name = %(text)s or subject = %(text)s or action = %(text)s)
order by id desc limit %(limit)s;
