package org.sterna.provisioning.internal;

import aQute.bnd.osgi.repository.XMLResourceParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.zip.GZIPInputStream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.osgi.resource.Resource;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.internal.download.Download;
import org.sterna.provisioning.internal.download.Scope;

/** Reads an XML index of the OSGi Repository Service Specification, in bounded memory whatever it holds. */
final class RepositoryIndex {
    /** The most bytes, before and after it is decompressed. */
    private static final int MAX_BYTES = 16 << 20;
    /** The most XML elements; in memory one is some hundred bytes. */
    private static final int MAX_ELEMENTS = 100_000;
    private static final int GZIP_MAGIC = 0x1f8b;

    private RepositoryIndex() {
    }

    /**
     * The resources of an index, and where it really was.
     *
     * @param from      its place, against which relative URIs are resolved
     * @param resources what it lists, bundles or not
     */
    record Read(URI from, List<Resource> resources) {
    }

    /**
     * Reads an index.
     *
     * @throws MachineException if it cannot be read, is none, or is too large
     */
    static Read read(Download download, URI uri) {
        Download.Content content = download.read(uri, Scope.operator(), "the repository's index", MAX_BYTES);
        byte[] text = decompressed(uri, content.bytes());
        count(uri, text);
        URI from = content.from();
        try (var parser = new XMLResourceParser(new ByteArrayInputStream(text), from.toString(), 0, new HashSet<>(),
                from)) {
            List<Resource> resources = parser.parse();
            if (resources == null) {
                throw noIndex(uri, String.join("; ", parser.getErrors()));
            }
            return new Read(from, resources);
        } catch (MachineException e) {
            throw e;
        } catch (Exception e) {
            // The parser throws whatever it meets.
            throw noIndex(uri, Reason.causeOf(e));
        }
    }

    private static byte[] decompressed(URI uri, byte[] bytes) {
        if (bytes.length < 2 || ((bytes[0] & 0xff) << 8 | bytes[1] & 0xff) != GZIP_MAGIC) {
            return bytes;
        }
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            byte[] text = in.readNBytes(MAX_BYTES);
            if (in.read() >= 0) {
                throw noIndex(uri, "it is longer than " + MAX_BYTES + " bytes when it is decompressed");
            }
            return text;
        } catch (IOException e) {
            throw noIndex(uri, Reason.causeOf(e));
        }
    }

    /** The parser has no limits, and would decompress once more. */
    private static void count(URI uri, byte[] text) {
        var factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(text));
            for (int elements = 0; reader.hasNext();) {
                if (reader.next() == XMLStreamConstants.START_ELEMENT && ++elements > MAX_ELEMENTS) {
                    throw noIndex(uri, "it has more than " + MAX_ELEMENTS + " elements");
                }
            }
        } catch (XMLStreamException e) {
            throw noIndex(uri, Reason.causeOf(e));
        }
    }

    private static MachineException noIndex(URI uri, String why) {
        return MachineException.failed(Download.shown(uri), "", "this is no index of an OSGi repository: " + why,
            "give a folder of jars, or an index as the OSGi Repository Service Specification has it");
    }
}
