-- How much there is in a copy, for who made it.
-- scan: once a copy, off the service's way
select
    (select count(*) from user) as users,
    (select count(*) from page) as pages,
    (select count(*) from comment where state = 'shown') as comments;
