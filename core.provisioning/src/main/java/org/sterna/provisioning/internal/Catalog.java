package org.sterna.provisioning.internal;

import aQute.bnd.osgi.repository.ResourcesRepository;
import aQute.bnd.osgi.resource.CapReqBuilder;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.IdentityNamespace;
import org.osgi.resource.Capability;
import org.osgi.resource.Namespace;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;
import org.osgi.service.repository.ContentNamespace;
import org.osgi.service.repository.Repository;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.internal.download.Download;
import org.sterna.provisioning.internal.download.Scope;

/**
 * What some repositories hold.
 *
 * @param resources the bundles, as a resolver sees them
 * @param scopes    what the repository of a bundle may have read
 */
record Catalog(List<Resource> resources, Map<Resource, Scope> scopes) {
    private static final int MAX_NAME = 255;
    private static final String NAME_ONE = "give a folder, or the path or URI of an index";
    /**
     * Newest bundle first; of two in the same version the order of their names decides, so that the answer is always
     * the same.
     */
    private static final Comparator<Capability> NEWEST_FIRST = Comparator
        .<Capability, Version>comparing(capability -> version(capability.getResource())).reversed()
        .thenComparing(capability -> name(capability.getResource()));

    /** Of bundles that may be anywhere. */
    Catalog(List<Resource> resources) {
        this(resources, Map.of());
    }

    /**
     * Reads repositories.
     *
     * @throws MachineException if one cannot be read
     */
    static Catalog of(Download download, List<String> repositories) {
        return of(download, repositories, List.of());
    }

    /**
     * Reads repositories, and asks services for all that they have.
     *
     * @throws MachineException if one cannot be read
     */
    static Catalog of(Download download, List<String> repositories, List<Repository> services) {
        var scopes = new LinkedHashMap<Resource, Scope>();
        var seen = new HashSet<String>();
        for (String repository : repositories) {
            Path folder = folder(repository);
            if (folder != null) {
                add(JarFolder.read(folder), Scope.operator(), scopes, seen);
            } else {
                RepositoryIndex.Read index = RepositoryIndex.read(download, uri(repository));
                add(index.resources(), Scope.index(index.from()), scopes, seen);
            }
        }
        services.forEach(service -> add(all(service), Scope.operator(), scopes, seen));
        return new Catalog(List.copyOf(scopes.keySet()), scopes);
    }

    private static void add(List<Resource> resources, Scope scope, Map<Resource, Scope> scopes, Set<String> seen) {
        for (Resource resource : resources) {
            if (isBundle(resource) && seen.add(describe(resource))) {
                scopes.putIfAbsent(resource, scope);
            }
        }
    }

    /** What whoever has listed a bundle may have it read from. */
    Scope scope(Resource resource) {
        return scopes.getOrDefault(resource, Scope.operator());
    }

    /** A service has no other way to list what it has. */
    private static List<Resource> all(Repository service) {
        Requirement everything = new CapReqBuilder(IdentityNamespace.IDENTITY_NAMESPACE)
            .addDirective(Namespace.REQUIREMENT_FILTER_DIRECTIVE, "(" + IdentityNamespace.IDENTITY_NAMESPACE + "=*)")
            .buildSyntheticRequirement();
        try {
            return service.findProviders(List.of(everything)).getOrDefault(everything, List.of()).stream()
                .map(Capability::getResource).toList();
        } catch (RuntimeException e) {
            throw MachineException.failed(service.getClass().getName(), "", "this repository service does not answer: "
                + e,
                "look at what has registered it");
        }
    }

    /**
     * Looks at the names of repositories without reading any.
     *
     * @throws MachineException (usage) with each that can name no repository, or a file that is not there
     */
    static void check(List<String> repositories) {
        var wrong = new ArrayList<Reason>();
        for (String repository : repositories) {
            try {
                URI uri = uri(repository);
                if (!Download.SCHEMES.contains(uri.getScheme())) {
                    wrong.add(Reason.of(repository, "'" + uri.getScheme() + "' is none of " + Download.schemes(),
                        NAME_ONE));
                } else if (uri.getScheme().equals("file") && !Files.exists(Path.of(uri))) {
                    wrong.add(Reason.of(repository, "no such file or folder", NAME_ONE));
                }
            } catch (MachineException e) {
                wrong.addAll(e.reasons());
            } catch (IllegalArgumentException e) {
                wrong.add(Reason.of(repository, "this names no file: " + Reason.causeOf(e), NAME_ONE));
            }
        }
        if (!wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, wrong);
        }
    }

    /** Without some of them. */
    Catalog without(Predicate<Resource> unwanted) {
        return new Catalog(resources.stream().filter(unwanted.negate()).toList(), scopes);
    }

    private static Path folder(String repository) {
        try {
            Path path = repository.startsWith("file:") ? Path.of(URI.create(repository)) : Path.of(repository);
            return Files.isDirectory(path) ? path : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** What the operator has written. */
    private static URI uri(String repository) {
        if (!repository.matches("[a-z][a-z0-9+.-]+:.*")) {
            return Path.of(repository).toAbsolutePath().toUri();
        }
        try {
            return URI.create(repository);
        } catch (IllegalArgumentException e) {
            throw MachineException.usage(repository, "", "this names no repository: " + Reason.causeOf(e), NAME_ONE);
        }
    }

    /** A repository may say anything; what could not be a bundle, or would not fit into an answer, is left out. */
    private static boolean isBundle(Resource resource) {
        return attribute(resource, IdentityNamespace.IDENTITY_NAMESPACE, IdentityNamespace.CAPABILITY_TYPE_ATTRIBUTE)
            .filter(IdentityNamespace.TYPE_BUNDLE::equals).isPresent()
            && content(resource, ContentNamespace.CAPABILITY_URL_ATTRIBUTE).isPresent()
            && name(resource).matches("[A-Za-z0-9._-]{1," + MAX_NAME + "}") && isVersion(resource);
    }

    private static boolean isVersion(Resource resource) {
        try {
            return version(resource).toString().length() <= MAX_NAME;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static Optional<String> content(Resource resource, String name) {
        return attribute(resource, ContentNamespace.CONTENT_NAMESPACE, name);
    }

    private static Optional<String> attribute(Resource resource, String namespace, String name) {
        return resource.getCapabilities(namespace).stream().findFirst()
            .map(capability -> capability.getAttributes().get(name)).map(Object::toString);
    }

    /** What could meet a requirement, the newest bundle first. */
    List<Capability> providers(Requirement requirement) {
        String bundle = (String) requirement.getAttributes().getOrDefault(Wanted.BUNDLE, "");
        return new ResourcesRepository(resources).findProvider(requirement).stream()
            .filter(capability -> bundle.isEmpty() || bundle.equals(version(capability.getResource()).toString()))
            .sorted(NEWEST_FIRST).toList();
    }

    /** All that is offered in a namespace. */
    Stream<Capability> offered(String namespace) {
        return resources.stream().flatMap(resource -> resource.getCapabilities(namespace).stream())
            .sorted(NEWEST_FIRST);
    }

    /** The names that some bundle with a device type calls features of it. */
    SortedSet<String> features(String namespace, String type) {
        var features = new TreeSet<String>();
        offered(namespace).filter(capability -> type.equals(capability.getAttributes().get(namespace)))
            .forEach(capability -> features.addAll(Wanted.features(capability)));
        return features;
    }

    /** The types that are offered in a namespace. */
    Set<String> types(String namespace) {
        var types = new TreeSet<String>();
        offered(namespace).forEach(capability -> types.add(String.valueOf(capability.getAttributes().get(namespace))));
        return types;
    }

    /** A bundle's symbolic name. */
    static String name(Resource resource) {
        return attribute(resource, IdentityNamespace.IDENTITY_NAMESPACE, IdentityNamespace.IDENTITY_NAMESPACE)
            .orElse("");
    }

    /** A bundle's version. */
    static Version version(Resource resource) {
        return Version.parseVersion(attribute(resource, IdentityNamespace.IDENTITY_NAMESPACE,
            IdentityNamespace.CAPABILITY_VERSION_ATTRIBUTE).orElse(null));
    }

    /** A bundle's name and version, for people. */
    static String describe(Resource resource) {
        return name(resource) + " " + version(resource);
    }

    /**
     * Where a bundle's jar is.
     *
     * @throws MachineException if that is no absolute URI
     */
    static URI location(Resource resource) {
        try {
            URI uri = URI.create(content(resource, ContentNamespace.CAPABILITY_URL_ATTRIBUTE).orElseThrow());
            if (uri.isAbsolute()) {
                return uri;
            }
        } catch (IllegalArgumentException noUri) {
            // Said below.
        }
        throw MachineException.failed(describe(resource), "", "its repository does not say where it is",
            "set the index right");
    }

    /** What the repository says the SHA-256 of a bundle's jar is; the empty string if it does not say. */
    static String digest(Resource resource) {
        return content(resource, ContentNamespace.CONTENT_NAMESPACE).orElse("");
    }
}
