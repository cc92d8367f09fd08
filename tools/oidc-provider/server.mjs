// An OpenID Connect provider on loopback: `server.mjs PORT REDIRECT_URI`. Anybody can sign in with any password; the name decides
// the groups: kim is in dev and ops, everybody else in none. Says `ready` on standard output.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const key = (type, options, id) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  kid: id,
  use: 'sig',
});

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'hatoba',
      client_secret: 'only-for-tests & nothing else',
      redirect_uris: [redirectUri],
    },
  ],
  jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'rsa'), key('ec', { namedCurve: 'P-256' }, 'ec')] },
  cookies: { keys: ['only for tests'] },
  claims: {
    openid: ['sub'],
    profile: ['preferred_username', 'groups'],
    email: ['email', 'email_verified'],
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      preferred_username: id,
      groups: id === 'kim' ? ['dev', 'ops'] : [],
      email: `${id}@example.com`,
      email_verified: true,
    }),
  }),
  ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600 },
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
