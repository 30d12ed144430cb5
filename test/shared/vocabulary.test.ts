import { describe, expect, it } from 'vitest';
import { artifactState } from '../../shared/contract/records.ts';
import {
  addTermText,
  driveOfflineText,
  removeRecordsText,
  sameContentText,
  shownState,
  STATE_TEXTS,
  stateText,
  storageRoleText,
  versionText,
} from '../../shared/vocabulary.ts';

describe('the words of the window', () => {
  it('every state of an artifact has one', () => {
    const shown = artifactState.options.map((state) => stateText(shownState(state)));
    expect(shown).toEqual([
      'On this computer',
      'Reading…',
      'Changed since last version',
      "Can't find this file",
      'Drive not connected',
    ]);
  });

  it('says where verified content is', () => {
    expect(stateText(shownState('ok', { local: true, cloud: true }))).toBe('In the cloud, verified');
    expect(stateText(shownState('ok', { local: false, cloud: true }))).toBe('Only in the cloud');
    expect(stateText(shownState('changed', { local: true, cloud: true }))).toBe('Changed since last version');
  });

  it('fills in what is known', () => {
    expect(stateText('uploading', { percent: 43.9 })).toBe('Uploading 43 %');
    expect(stateText('uploading')).toBe('Uploading');
    expect(stateText('problem', { reason: 'disk full' })).toBe('Problem: disk full');
    expect(versionText(3, true)).toBe('version 3 (newest)');
    expect(versionText(2, false)).toBe('version 2');
    expect(addTermText('IFNJ')).toBe('Add "IFNJ" as a new term');
    expect(storageRoleText(false)).toBe('linked: we read it and never change it');
    expect(driveOfflineText('Sequencer-NAS')).toBe(
      "The drive 'Sequencer-NAS' is not connected. Nothing has been deleted. We will look again when it is back.",
    );
    expect(removeRecordsText(3, 'D:\\Runs')).toBe('Remove 3 items from the registry? The files stay in D:\\Runs.');
    expect(removeRecordsText(1, '/data')).toBe('Remove 1 item from the registry? The file stays in /data.');
    expect(sameContentText('flow/day1.fcs')).toBe('You already have this file: flow/day1.fcs (same content).');
  });

  it('never says just "uploaded"', () => {
    for (const text of Object.values(STATE_TEXTS)) expect(text).not.toMatch(/uploaded/i);
  });
});
