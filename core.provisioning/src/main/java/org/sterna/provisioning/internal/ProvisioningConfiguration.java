package org.sterna.provisioning.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Provisioning, as Configuration Admin and its front ends know it. */
@ObjectClassDefinition(name = "Sterna provisioning",
    description = "Where this host gets bundles that it lacks for a guest which"
    + " comes here. Without such a configuration nothing is ever installed.")
public @interface ProvisioningConfiguration {
    /** The filter that no service matches. */
    String NONE = "(!(service.id=*))";

    /** Where bundles are. */
    @AttributeDefinition(description = "Where bundles are looked for: folders of jars, and files or URIs (file:,"
        + " http:, https:)"
        + " of indexes as the OSGi Repository Service Specification has them.", required = false)
    String[] repositories() default {};

    /** Which services. */
    @AttributeDefinition(name = "Services that are repositories", description = "Which services"
        + " org.osgi.service.repository.Repository of this framework are asked too, as an LDAP filter:"
        + " (objectClass=*) for all;"
        + " as it is, none.", required = false)
    String services_target() default NONE;

    /** Whose bundles are installed. */
    @AttributeDefinition(name = "Trusted certificates",
        description = "Files with the certificates of those whose bundles are"
        + " installed, or who vouch for them: key stores (PKCS #12 or JKS), or certificates (PEM).")
    String[] trust() default {};

    /** What has been revoked. */
    @AttributeDefinition(name = "Revocation lists",
        description = "Files with complete revocation lists (CRL, PEM or DER), read"
        + " anew for each question. If there is any, each certificate that is not itself trusted needs a list of its"
        + " issuer that is"
        + " in date.", required = false)
    String[] crl() default {};

    /** Whose time stamps count. */
    @AttributeDefinition(name = "Time stamping authorities",
        description = "Files with the certificates of time stamping"
        + " authorities (RFC 3161), or of those who vouch for them; with a time stamp of one of them a certificate"
        + " must have been"
        + " valid then, else now.", required = false)
    String[] tsa() default {};
}
