-- Forgets what every running service has told long ago: all but the last of them.
delete from outside_notice
where notice_id <= :notice_id;
