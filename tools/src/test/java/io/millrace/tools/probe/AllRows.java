package io.millrace.tools.probe;

/** All rows that leave the device as useful as it was. */
interface AllRows extends MappingRows, IcmpRows, FragmentRows, TcpRows, BorderRows {}
