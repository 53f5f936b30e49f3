package org.sterna.karaf.java25.internal;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.osgi.framework.hooks.weaving.WeavingHook;
import org.osgi.framework.hooks.weaving.WovenClass;

/**
 * Has Karaf's classes call {@link Subjects} where they call what knew the current subject until Java 24 dropped the Security
 * Manager. Only the owner of the called method changes; what it takes and returns is the same.
 */
final class SubjectWeaver implements WeavingHook {
    private static final String KARAF = "org.apache.karaf.";
    private static final ClassDesc SUBJECTS = Subjects.class.describeConstable().orElseThrow();
    private static final String IMPORT = SUBJECTS.packageName() + ";for=woven";
    private static final Set<String> CALLS = Set.of(
        "javax/security/auth/Subject.getSubject(Ljava/security/AccessControlContext;)Ljavax/security/auth/Subject;",
        "java/security/AccessController.doPrivileged"
            + "(Ljava/security/PrivilegedAction;Ljava/security/AccessControlContext;)Ljava/lang/Object;",
        "java/security/AccessController.doPrivileged"
            + "(Ljava/security/PrivilegedExceptionAction;Ljava/security/AccessControlContext;)Ljava/lang/Object;");

    @Override
    public void weave(WovenClass woven) {
        String bundle = woven.getBundleWiring().getRevision().getSymbolicName();
        // A bundle of the first days of OSGi may have no symbolic name.
        if (bundle == null || !bundle.startsWith(KARAF)) {
            return;
        }
        ClassLoader loader = woven.getBundleWiring().getClassLoader();
        // Types that meet in a method's stack map are looked up as files, since loading them here could go in a circle.
        var format = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
            ClassHierarchyResolver.defaultResolver().orElse(ClassHierarchyResolver.ofResourceParsing(loader))));
        ClassModel model = format.parse(woven.getBytes());
        if (StreamSupport.stream(model.constantPool().spliterator(), false)
                .anyMatch(entry -> entry instanceof MethodRefEntry method && isRedirected(method))) {
            woven.setBytes(format.transformClass(model,
                ClassTransform.transformingMethodBodies(SubjectWeaver::calls, SubjectWeaver::redirect)));
            woven.getDynamicImports().add(IMPORT);
        }
    }

    private static boolean calls(MethodModel method) {
        return method.code().stream().flatMap(code -> code.elementStream())
            .anyMatch(element -> element instanceof InvokeInstruction call && isRedirected(call.method()));
    }

    private static void redirect(CodeBuilder code, CodeElement element) {
        if (element instanceof InvokeInstruction call && isRedirected(call.method())) {
            code.invokestatic(SUBJECTS, call.name().stringValue(), call.typeSymbol());
        } else {
            code.with(element);
        }
    }

    private static boolean isRedirected(MemberRefEntry method) {
        return CALLS.contains(method.owner().asInternalName() + "." + method.name().stringValue() + method.type().stringValue());
    }
}
