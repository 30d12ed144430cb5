export { instrumentRun } from './instrument-run.ts';
