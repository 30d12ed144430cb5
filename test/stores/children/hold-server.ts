/** Starts a server, says where, and lives on until it is killed. */
import process from 'node:process';
import { startS3 } from '../start-s3.ts';

const { endpoint, folder } = await startS3('versitygw');
process.stdout.write(`${JSON.stringify({ endpoint, folder })}\n`);
process.stdin.resume();
