export { finishInstrumentRuns, instrumentRun } from './instrument-run.ts';
