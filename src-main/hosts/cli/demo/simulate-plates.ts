import { drawNormal } from './draw-numbers.ts';
import type { Random } from './draw-numbers.ts';
import type { Cell } from './encode-table.ts';

const rowLetters = Array.from('ABCDEFGH');
const columns = Array.from({ length: 12 }, (_unused, index) => index + 1);
/** Standards in pg/ml down columns 1 and 2 of each plate. */
const standards = [1000, 500, 250, 125, 62.5, 31.25, 15.625, 0];

/** Absorbance at 450 nm for a concentration in pg/ml: a four-parameter logistic curve, as ELISAs give. */
function absorbance(random: Random, concentration: number): string {
  const ideal = 0.06 + 3.1 / (1 + (320 / Math.max(concentration, 1e-6)) ** 1.15);
  return Math.max(0.03, drawNormal(random, ideal, 0.01 + ideal * 0.03)).toFixed(4);
}

/** An ELISA plate as a reader's program writes it: what it did, an empty line, then the plate. */
export function drawElisaPlate(random: Random, plate: { name: string; readAt: string }): Cell[][] {
  const wells = rowLetters.map((letter, row): Cell[] => [
    letter,
    ...columns.map((column) =>
      absorbance(random, column <= 2 ? (standards[row] ?? 0) : Math.max(0, drawNormal(random, 40 * column, 60))),
    ),
  ]);
  return [
    ['Protocol', 'ELISA IL-6, human'],
    ['Plate', plate.name],
    ['Read at', plate.readAt],
    ['Mode', 'Absorbance, endpoint'],
    ['Wavelengths', '450 nm, 570 nm (reference)'],
    ['Temperature', '23.4 °C'],
    [],
    ['', ...columns],
    ...wells,
  ];
}

/** What is in each well of the plates, for the tables of the analysis. */
export function plateLayout(): Cell[][] {
  const wells = rowLetters.flatMap((letter, row) =>
    columns.map((column): Cell[] => {
      const well = `${letter}${column}`;
      if (column <= 2) return [well, 'standard', `STD${row + 1}`, '', standards[row] ?? 0];
      return [well, 'sample', `D14-${String((column - 3) * 8 + row + 1).padStart(2, '0')}`, row % 2 === 0 ? 5 : 25, ''];
    }),
  );
  return [['well', 'type', 'sample', 'dilution', 'standard_pg_per_ml'], ...wells];
}

/** Optical density of eight cultures every ten minutes over twelve hours: logistic growth. */
export function drawGrowthCurves(random: Random): Cell[][] {
  const cultures = ['WT_1', 'WT_2', 'WT_3', 'dlacZ_1', 'dlacZ_2', 'dlacZ_3', 'medium_1', 'medium_2'].map((name) => ({
    name,
    ceiling: name.startsWith('medium') ? 0 : drawNormal(random, 1.15, 0.04),
    ratePerHour: name.startsWith('WT') ? 0.95 : 0.7,
  }));
  const times = Array.from({ length: 73 }, (_unused, index) => index * 10);
  const rows = times.map((minutes): Cell[] => [
    minutes,
    drawNormal(random, 37, 0.05).toFixed(1),
    ...cultures.map(({ ceiling, ratePerHour }) => {
      const density = 0.085 + ceiling / (1 + Math.exp(-ratePerHour * (minutes / 60 - 6)));
      return drawNormal(random, density, 0.003).toFixed(4);
    }),
  ]);
  return [['time_min', 'temperature_c', ...cultures.map((culture) => culture.name)], ...rows];
}
