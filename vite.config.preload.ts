/** Electron's preload script, as the sandbox wants it: CommonJS, one file (`dist/main/preload.cjs`). */
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  logLevel: 'warn',
  define: { BK_BUILT: 'true', BK_FAILPOINTS: 'false' },
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: resolve(import.meta.dirname, 'dist/main'),
    emptyOutDir: false,
    target: 'chrome140',
    minify: false,
    sourcemap: false,
    rolldownOptions: {
      input: { preload: resolve(import.meta.dirname, 'src-main/hosts/electron/preload.ts') },
      external: ['electron'],
      output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
    },
  },
});
