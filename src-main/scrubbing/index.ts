export { readScrubStatus } from './read-scrub-status.ts';
export { startScrubbing, type Scrubbing } from './start-scrubbing.ts';
