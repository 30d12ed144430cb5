/**
 * The endings that are known, without their dot and in lower case. Data: an ending is added here and nowhere else.
 * What is not listed gives the suffix "", so that chance endings ("sample.v2", "plate.12h") are not taken for formats.
 */

/** Known to LaminDB (lamindb_setup 1.27.0). */
const SHARED_WITH_LAMINDB = `
  3g2 3gp 3gpp 3gpp2 7z a aac adts ai aif aifc aiff arrow ass au avi avif avro bam bat bcf bcpio bed bedgraph
  bigwig bin bmp bw c cdf ckpt cpio cram csh css csv czi data db dcm dll doc dot duckdb dvi embl eml eps etx
  exe fa fasta fastq fcs feather gb genbank gff gff3 gguf gif gtar gtf h h5 h5ad h5mu hdf hdf5 heic heif htm
  html ico ief ipynb joblib jpe jpeg jpg js json jsonl keras ksh latex lif loas loom m1v m3u m3u8 man mar
  markdown md me mht mhtml mid midi mif mjs mlmodel model mov movie mp2 mp3 mp4 mpa mpe mpeg mpg ms mtx n3 nc
  nd2 ndjson newick npy npz nq nt nwk nws o obj obo oda onnx opus orc p12 p7c parquet pb pbm pbtxt pct pdf pfx
  pgm pic pickle pict pkl pl png pnm pot ppa ppm pps ppt ps pt pth pwz py pyc pyo qs qt ra ram rar ras rdf rds
  rgb roff rtf rtx safetensors sam savedmodel sgm sgml sh shar snd so soma sqlite src srt state_dict sv4cpio
  sv4crc svg svs swf t tar tcl tex texi texinfo tflite tif tiff tiledb tiledbsoma tr trig tsv txt ustar vcf
  vtt wasm wav webm webmanifest webp wiz wsdl xbm xlb xls xlsx xml xpdl xpm xsl xul xwd yaml yml zarr zip
`;

/** Files of instruments, and of the programs around them, that LaminDB does not list. */
const OF_INSTRUMENTS = `
  2bit 3mf ab1 abf abi accdb acff acs afi afm aln amiramesh andi apl arff asc atf axgd axgx baf bai bb bcl bcr
  bdf bif bigbed biom blast blib blow5 blr btf c01 cbcl ccp4 cel cfg chp cif cloupe cls clustal conf
  consensusxml cool cr2 crai csi cub cube cwl cys d dat db3 dbf dcd dic dicom dict dm3 dm4 dna dng docx dotx
  dta dtd dv dx edf eds eeg eer eln emd emi ent ets faa fai fast5 fcf featurexml ffn fit fits flac fli fna
  fods fq frn fts gbff gbk gcc gct gel geneious geojson gexf gml gmt gmx gpkg gpr graphml grb grib gro gvcf
  gwy gzi h5seurat hdf4 hdr hic hmm ibd ibw ics idat ids idx ima img ims imzml inchi ini interop iso isyntax
  ixo jcamp jdx jl jmp jnb jp2 jpk jpx json5 jsonld jxl kfb klb lance lc480 lc96 lcd libsvm lmd lmdb locs lof
  log lsm lz4 lzma m4a m4v maf map mat mcd mcool md5 mdb mgf mha mhd mkv mmcif mol mol2 mrc mrcs mrxs ms1 ms2
  msp mtz mudata mvd2 mzdata mzid mzml mztab mztabm mzxml n5 nc4 nd ndpi ndpis nef nev nex nex5 nexus nf nhdr
  nid nii nrrd ns2 ns3 ns4 ns5 ns6 nwb odp ods odt ogg oib oif oir opj opju owl paf pcrd pdb pdbx pepxml phd
  phy phylip pl2 plx ply pm pod5 por potx pptx pqr prmtop properties protxml pse psf pzf pzfx qgd qmd qptiff
  qs7 qza qzv r r3d raw rda rdata rdml rec rhd rhs rmd rocksdb rproj s7z sas7bdat sav sbd sbml sbol scf scn
  sdf sds seq ser sev sff sha1 sha256 sha512 sky skyd sld sldx slow5 smi smiles smk smr smrx soft spa spc spe
  spm spv sql sqlite3 sra st stk stl sto svm svslide tbi tbk tbz tbz2 tdb tdf tdf_bin tdms tev tf2 tf8 tfrecord
  tfrecords tgz tnb toml traml trr tsf tsq ttl txz tzst vhdr vmrk vsi vsix vti vtk wcp wdf wdl weights wiff
  wiff2 wig wrl wsp wspt xdce xdna xgmml xit xlef xlsb xlsm xpt xsd xtc yep zarray zvi
`;

/** Endings whose parts mean something else on their own. */
const COMPOSITES = `
  anndata.zarr vitessce.json ome.zarr ome.h5 ome.hdf5 ome.tif ome.tiff ome.tf2 ome.tf8 ome.btf
`;

/** A known ending of one part. */
export const SIMPLE_SUFFIXES: ReadonlySet<string> = new Set(wordsOf(SHARED_WITH_LAMINDB + OF_INSTRUMENTS));
/** A known ending of two parts, joined by a dot. */
export const COMPOSITE_SUFFIXES: ReadonlySet<string> = new Set(wordsOf(COMPOSITES));
/** Compressions: kept together with the ending before them. */
export const ENCODING_SUFFIXES: ReadonlySet<string> = new Set(['gz', 'bz2', 'xz', 'zst']);

function wordsOf(list: string): string[] {
  return list.split(/\s+/).filter((word) => word !== '');
}
