-- company_account: issuer and subject of the account by which the user signs in at the company's OpenID Connect provider; they never
-- change, unlike a mail address. Null until the first such sign-in.
alter table users add column company_account text;
-- The table has a row for each person, so this takes no time.
-- squawk-ignore require-concurrent-index-creation
create unique index users_company_account on users (company_account);
