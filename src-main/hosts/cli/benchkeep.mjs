#!/usr/bin/env node
/**
 * The `benchkeep` command. Runs the command line on Node 24 or newer, whatever `node` the caller has (better-sqlite3
 * crashes on Node 20): the built one where it is as new as its sources, otherwise the sources themselves.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../../../..');

if (Number.parseInt(process.versions.node, 10) >= 24) await runHere();
else runOnOwnNode();

async function runHere() {
  nodeModule.enableCompileCache();
  const { isBuilt, PROGRAM_SOURCES } = await import('./is-built.mjs');
  const built = join(root, 'dist/main/cli.js');
  const wantsSource = process.env['BENCHKEEP_FROM_SOURCE'] === '1';
  const useBuilt = !wantsSource && existsSync(built) && isBuilt(root, PROGRAM_SOURCES);
  await import(pathToFileURL(useBuilt ? built : join(root, 'src-main/hosts/cli/main.ts')).href);
}

function runOnOwnNode() {
  const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    process.stderr.write(`error: Benchkeep's own Node 24 is not installed. Run: npm ci (in ${root})\n`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  child.once('error', (error) => {
    process.stderr.write(`error: Benchkeep's own Node 24 did not start (${error.message}). Run: npm ci (in ${root})\n`);
    process.exitCode = 1;
  });
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) {
    // A terminal sends SIGINT to both processes already; a second one would cut the first one's stopping short.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}
