/**
 * Everything that runs in Node: `src-main/` → `dist/main/`, flat, because programs find their threads' files beside
 * themselves (`engine/threads/thread-file.ts`). Packages stay outside: native parts and data files lie beside them. Those
 * of many small files come inside, for reading them took half of the time of a command (`test/bench/cli-start.ts`).
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { defineConfig } from 'vite';

const sources = resolve(import.meta.dirname, 'src-main');
const threads = join(sources, 'engine', 'threads');

const hosts = {
  cli: join(sources, 'hosts/cli/main.ts'),
  browser: join(sources, 'hosts/browser/main.ts'),
  electron: join(sources, 'hosts/electron/main.ts'),
  start: join(sources, 'hosts/start.ts'),
};

const threadFiles = existsSync(threads) ? readdirSync(threads).filter((name) => name.endsWith('-thread.ts')) : [];

export default defineConfig({
  publicDir: false,
  logLevel: 'warn',
  define: { BK_BUILT: 'true', BK_FAILPOINTS: 'false' },
  ssr: { external: true, noExternal: ['zod', 'kysely', /^@orpc\//] },
  build: {
    ssr: true,
    outDir: resolve(import.meta.dirname, 'dist/main'),
    emptyOutDir: true,
    target: 'node24',
    minify: false,
    sourcemap: false,
    rolldownOptions: {
      input: {
        ...Object.fromEntries(Object.entries(hosts).filter(([, file]) => existsSync(file))),
        ...Object.fromEntries(threadFiles.map((name) => [basename(name, '.ts'), join(threads, name)])),
      },
      external: ['electron'],
      treeshake: true,
      output: {
        format: 'es',
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
});
