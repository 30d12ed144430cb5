import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { redact, redactAll } from '../../shared/redact.ts';
import { Secret } from '../../shared/secret.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYcanary0123';
const KEY = 'AKIAIOSFODNN7EXAMPLE';

describe('S-19 redact', () => {
  test.each([
    ['an access key', `refused for ${KEY}`, KEY],
    ['a temporary key', 'refused for ASIAIOSFODNN7EXAMPLE.', 'ASIAIOSFODNN7EXAMPLE'],
    [
      'a signed request',
      `authorization: AWS4-HMAC-SHA256 Credential=${KEY}/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${SECRET}`,
      SECRET,
    ],
    ['a bearer', `Authorization: Bearer ${SECRET}`, SECRET],
    ['a bearer in JSON', `{"authorization":"Bearer ${SECRET}"}`, SECRET],
    ['basic', `Basic ${SECRET}`, SECRET],
    ['basic of letters alone', 'Authorization: Basic YWRhOmNhbmFyeWNhbmFyeQ', 'YWRhOmNhbmFyeWNhbmFyeQ'],
    ['the same in JSON', '{"authorization":"Basic YWRhOmNhbmFyeWNhbmFyeQ"}', 'YWRhOmNhbmFyeWNhbmFyeQ'],
    ['a token of Hugging Face', 'refused for hf_canaryCANARYcanaryCANARYcanary', 'canaryCANARY'],
    ['a key of Google for S3', `refused for GOOG1E${'CANARY'.repeat(9)}X`, 'CANARY'],
    ['a bare header', `authorization: ${SECRET}`, SECRET],
    ['a presigned address', `https://b.s3.amazonaws.com/k?X-Amz-Signature=${SECRET}&X-Amz-Date=1`, SECRET],
    ['a presigned credential', `?X-Amz-Credential=${SECRET}%2F2026`, SECRET],
    ['a presigned session', `?X-Amz-Security-Token=${SECRET}`, SECRET],
    ['a presigned address of Google', `?X-Goog-Signature=${SECRET}`, SECRET],
    ['an old signature', `?AWSAccessKeyId=x&Signature=${SECRET}`, SECRET],
    ['an upload session', `?uploadType=resumable&upload_id=${SECRET}`, SECRET],
    ['settings', `aws_secret_access_key = ${SECRET}`, SECRET],
    ['settings', `aws_session_token=${SECRET}`, SECRET],
    ['an object', inspect({ secretAccessKey: SECRET }), SECRET],
    ['JSON', JSON.stringify({ sessionToken: SECRET, private_key_id: SECRET }), SECRET],
    ['a header', `x-amz-security-token: ${SECRET}`, SECRET],
    ['a private key', `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`, SECRET],
    ['half of one', JSON.stringify({ k: `-----BEGIN RSA PRIVATE KEY-----\n${SECRET}` }), SECRET],
    ['a token of Google', `ya29.${SECRET.replace(/[/+]/g, '')}`, SECRET.replace(/[/+]/g, '')],
    ['a web token', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.${KEY}`, KEY],
    ['a password in an address', `https://ada:${SECRET.replace('/', '')}@store.example.org/`, SECRET.replace('/', '')],
  ])('%s is taken out', (_what, text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[secret]');
    expect(redact(redact(text))).toBe(redact(text));
  });

  test.each([
    'There is no bucket for s3://plates/lab run 1',
    'Check the access key, the profile (AWS_PROFILE) or sign in again.',
    'Sign in with: aws sso login --profile lab',
    '/data/Signature plots/AKIA.csv',
    'Basic statistics of the run',
    '/data/hf_run/GOOG_1.csv',
  ])('%s stays as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  test('every error that is shown, kept or sent passes through it', () => {
    const error = new BenchkeepError('io_error', `told ${KEY}`, `aws_secret_access_key=${SECRET}`, {
      details: { deep: [{ header: `Bearer ${SECRET}` }] },
    });
    // Answers and warnings take these directly.
    for (const said of [
      error.message,
      error.remedy,
      toErrorData(error),
      toErrorData(new Error(`Bearer ${SECRET}`)),
      toErrorData(`token ${KEY}`),
    ])
      expect(JSON.stringify(said)).not.toMatch(new RegExp(`${KEY}|canary`));
  });

  test('it ends for any text and any value, and leaves no access key (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.anything(), (text, value) => {
        expect(redact(`${text} ${KEY} ${text}`)).not.toContain(` ${KEY} `);
        redactAll(value);
      }),
    );
  });
});

test('S-19 whatever prints an object with a secret prints [secret]', () => {
  const holder = { name: 'lab', keys: new Secret({ secret_access_key: SECRET }), text: new Secret(SECRET) };
  const said = [
    inspect(holder, { depth: Infinity, showHidden: true }),
    JSON.stringify(holder),
    String(holder.keys),
    `${String(holder.text)}`,
    inspect(new Error('x', { cause: holder }), { depth: Infinity, showHidden: true }),
  ];
  for (const text of said) {
    expect(text).not.toContain('canary');
    expect(text).toContain('[secret]');
  }
  expect(holder.text.reveal()).toBe(SECRET);
});
