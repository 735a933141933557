export { escapeXml, type Xml, type XmlValue, xml } from '../xml.ts'
