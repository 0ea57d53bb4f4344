-- PostgreSQL counts its rows itself; SQLite is told here how many there may be.
SELECT 1;
