package org.sterna.provisioning.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Provisioning, as Configuration Admin and its front ends know it. */
@ObjectClassDefinition(name = "Sterna provisioning", description = "Where this host gets bundles that it lacks for a guest which"
    + " comes here. Without such a configuration nothing is ever installed.")
public @interface ProvisioningConfiguration {
    /** The filter that no service matches. */
    String NONE = "(!(service.id=*))";

    /** Where bundles are. */
    @AttributeDefinition(description = "Where bundles are looked for: folders of jars, and files or URIs (file:, http:, https:)"
        + " of indexes as the OSGi Repository Service Specification has them.", required = false)
    String[] repositories() default {};

    /** Which services. */
    @AttributeDefinition(name = "Services that are repositories", description = "Which services"
        + " org.osgi.service.repository.Repository of this framework are asked too, as an LDAP filter: (objectClass=*) for all;"
        + " as it is, none.", required = false)
    String services_target() default NONE;

    /** Whose bundles are installed. */
    @AttributeDefinition(name = "Trusted certificates", description = "Files with the certificates of those whose bundles are"
        + " installed, or who vouch for them: key stores (PKCS #12 or JKS), or certificates (PEM).")
    String[] trust() default {};
}
