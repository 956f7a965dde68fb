-- The claim engine in PostgreSQL: three tables and one function.
--
-- Room is left in the pages, so that a changed row finds its new version's place beside it and no
-- index is touched.
CREATE TABLE packet (
  id bigint PRIMARY KEY,
  shares_left int NOT NULL,
  remaining bigint NOT NULL,
  last_share bigint NOT NULL  -- what the latest claim won: how UPDATE tells its caller
) WITH (fillfactor = 50);

CREATE TABLE wallet (
  id bigint PRIMARY KEY,
  balance bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE claim (
  packet bigint,
  usr bigint,
  amount bigint NOT NULL,
  PRIMARY KEY (packet, usr)
);

-- Draws the share (double mean; `chance` is a random number of 31 bits), takes it, and credits the
-- wallet.  Returns the fen won; 0: sold out; below 0: what the user won earlier, negated.
CREATE FUNCTION claim_share(p bigint, u bigint, chance bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  won bigint;
BEGIN
  UPDATE packet SET
    last_share = CASE shares_left WHEN 1 THEN remaining
                 ELSE 1 + chance % (2 * remaining / shares_left - 1) END,
    remaining = CASE shares_left WHEN 1 THEN 0
                ELSE remaining - 1 - chance % (2 * remaining / shares_left - 1) END,
    shares_left = shares_left - 1
  WHERE id = p AND shares_left > 0
  RETURNING last_share INTO won;
  IF FOUND THEN
    INSERT INTO claim VALUES (p, u, won) ON CONFLICT DO NOTHING;
    IF FOUND THEN
      UPDATE wallet SET balance = balance + won WHERE id = u;
      RETURN won;
    END IF;
    UPDATE packet SET remaining = remaining + won, shares_left = shares_left + 1 WHERE id = p;
  END IF;
  SELECT -amount INTO won FROM claim WHERE packet = p AND usr = u;
  RETURN coalesce(won, 0);
END $$;
