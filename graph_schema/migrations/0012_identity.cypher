// Who may come in: digests of tokens, sessions of browsers, and tokens of the issuer that were revoked.
CREATE CONSTRAINT administratortoken_id_unique IF NOT EXISTS FOR (n:AdministratorToken) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT servicetoken_id_unique IF NOT EXISTS FOR (n:ServiceToken) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT browsersession_id_unique IF NOT EXISTS FOR (n:BrowserSession) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT revokedtoken_id_unique IF NOT EXISTS FOR (n:RevokedToken) REQUIRE n.id IS UNIQUE;
