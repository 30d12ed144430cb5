import { encodeTiff } from './encode-tiff.ts';
import type { GreyImage } from './encode-tiff.ts';

export interface OmeTiffContent {
  /** Name of the image within its file. */
  name: string;
  /** ISO 8601 without a zone, as the schema has it. */
  acquisitionDate: string;
  micrometresPerPixel: number;
  /** One page each, in this order; all of one size. */
  channels: {
    name: string;
    fluor: string;
    excitationNanometres: number;
    emissionNanometres: number;
    image: GreyImage;
  }[];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function omeXml(content: OmeTiffContent): string {
  const { width, height } = content.channels[0]?.image ?? { width: 0, height: 0 };
  const pixelSize = `PhysicalSizeX="${content.micrometresPerPixel}" PhysicalSizeY="${content.micrometresPerPixel}"`;
  const channels = content.channels.map(
    (channel, index) =>
      `<Channel ID="Channel:0:${index}" Name="${escapeXml(channel.name)}" SamplesPerPixel="1" Fluor="${escapeXml(channel.fluor)}" ` +
      `ExcitationWavelength="${channel.excitationNanometres}" ExcitationWavelengthUnit="nm" EmissionWavelength="${channel.emissionNanometres}" EmissionWavelengthUnit="nm"/>`,
  );
  const planes = content.channels.map(
    (_channel, index) => `<TiffData FirstZ="0" FirstC="${index}" FirstT="0" IFD="${index}" PlaneCount="1"/>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
      'xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd">',
    `<Image ID="Image:0" Name="${escapeXml(content.name)}"><AcquisitionDate>${content.acquisitionDate}</AcquisitionDate>`,
    `<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" BigEndian="false" SignificantBits="16" ` +
      `SizeX="${width}" SizeY="${height}" SizeC="${content.channels.length}" SizeZ="1" SizeT="1" ${pixelSize}>`,
    ...channels,
    ...planes,
    '</Pixels></Image></OME>',
  ].join('\n');
}

/**
 * A microscope image with its description: OME-XML in the ImageDescription of the first page.
 * Format: OME-TIFF specification and OME schema 2016-06 (Open Microscopy Environment).
 */
export function encodeOmeTiff(content: OmeTiffContent): Uint8Array {
  return encodeTiff({
    pages: content.channels.map((channel) => channel.image),
    description: omeXml(content),
    dateTime: content.acquisitionDate.replaceAll('-', ':').replace('T', ' '),
    micrometresPerPixel: content.micrometresPerPixel,
  });
}
