-- What keys somebody made is found without a look at those of others, and so is who has a name.
CREATE INDEX api_keys_maker ON api_keys (created_by);
CREATE INDEX users_name ON users (lower(name));
